"""Every page of accounts opens for those it is for, as page and as fragment."""

import pytest

PAGES = {
    "unit_admin": ("/account", "/account/edit", "/account/password", "/people", "/people/new", "/people/user-clerk/edit",
                   "/people/user-clerk/reset", "/people/user-clerk/active", "/people/user-clerk/unlock",
                   "/people/user-clerk/end-sessions", "/organization", "/organization/contact"),
    "clerk": ("/account", "/organization"),
    "district_reviewer": ("/people", "/people/new", "/organizations", "/organizations/new", "/organizations/org-unit",
                          "/organizations/org-unit/active", "/organizations/org-department/active"),
    "security_admin": ("/people", "/grants", "/grants/user-clerk", "/grants/user-clerk/add", "/grants/user-security-admin", "/account"),
    "audit_admin": ("/audit", "/audit?verb=auth.sign_in&first=2024-04-01&last=2024-04-30", "/account"),
    "system_admin": ("/system", "/account"),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("htmx", [False, True])
def test_pages_open(sign_in, name, htmx):
    client = sign_in(name)
    for url in PAGES[name]:
        response = client.get(url, htmx=htmx)
        assert response.status_code == 200, (url, response.get_data(as_text=True)[:400])
