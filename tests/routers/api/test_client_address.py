"""Addresses as keys to count tries by."""

import pytest

from appliance.routers.api import client_address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_of_ipv6_it_is_what_one_customer_has(app, address, network):
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert client_address.network() == network
