from __future__ import annotations

import pytest

from gkportal.policy import Pack, load_pack


@pytest.fixture(scope="session")
def changzhou() -> Pack:
    return load_pack("changzhou/2024")


@pytest.fixture(scope="session")
def jiangsu() -> Pack:
    return load_pack("jiangsu/2020")
