from tests.declarations.conftest import *
def test_x(lu, app):
    from gkportal.declarations import dossiers
    from gkportal.declarations.print_values import print_values
    d=dossiers.load_one(lu.row)
    pv=print_values(d); print(pv.career, d.values["career"], lu.row.form)
    r=lu.client.get(lu.url+"/approval-form.pdf"); print(r.status_code, len(r.data))
    open('/tmp/d1/lu.pdf','wb').write(r.data)
