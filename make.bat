@echo off
rem gkportal on Windows: make.bat run, make.bat test, make.bat help
setlocal
cd /d "%~dp0"
set PY=.venv\Scripts\python.exe
set FOUND=
for %%v in (3.13 3.12 3.11) do if not defined FOUND (py -%%v -c "" >nul 2>nul && set FOUND=py -%%v)
if not defined FOUND (python -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>nul && set FOUND=python)
if not defined FOUND (echo error: Python 3.11 or newer is needed & exit /b 1)
if "%1"=="" goto help
if "%1"=="help" goto help
if "%1"=="setup" goto setup
if "%1"=="run" goto run
if "%1"=="test" goto test
if "%1"=="lint" goto lint
if "%1"=="worker" goto worker
echo error: unknown command %1
goto help

:setup
%FOUND% scripts\setup.py
exit /b %errorlevel%

:run
%FOUND% scripts\setup.py || exit /b 1
%PY% app.py init || exit /b 1
%PY% app.py demo --if-empty || exit /b 1
%PY% app.py serve
exit /b %errorlevel%

:worker
%FOUND% scripts\setup.py || exit /b 1
%PY% app.py worker
exit /b %errorlevel%

:test
%FOUND% scripts\setup.py --dev || exit /b 1
%PY% -m pytest -n 2 --dist loadfile
exit /b %errorlevel%

:lint
%FOUND% scripts\setup.py --dev || exit /b 1
%PY% -m ruff check . || exit /b 1
%PY% -m ruff format --check . || exit /b 1
.venv\Scripts\lint-imports.exe --no-logo
exit /b %errorlevel%

:help
echo   make.bat run     set up, fill an empty database with the demo office, serve
echo   make.bat test    run all tests
echo   make.bat setup   make the environment only
echo   make.bat lint    check style and the direction of imports
echo   make.bat worker  do background jobs in a process of its own
exit /b 0
