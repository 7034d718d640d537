"""Where a request comes from, as a key to count attempts by."""

import ipaddress

from flask import request


def network() -> str:
    """The caller's address; of IPv6 its /64, because that is what one customer is given."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))
