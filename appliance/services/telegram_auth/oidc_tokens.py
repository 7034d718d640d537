"""Checking ID tokens of an OpenID Connect issuer: signed by its key, for us, now, this attempt."""

import hmac
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from appliance.errors import Unauthorized, localized
from appliance.services.telegram_auth import oidc_http

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "ES256", "EdDSA", "ES256K")
"""Those @BotFather offers, all asymmetric: with `HS256` the public key would be the secret."""

LEEWAY_SECONDS = 30.0  # that two clocks may differ; Telegram's tokens live about that long
MAX_AGE_SECONDS = 600.0  # since `iat`
KEYS_TTL_SECONDS = 3600.0  # a key that the issuer withdraws is believed no longer than that
REFETCH_SECONDS = 60.0  # at least, for an unknown key: anybody can make up key ids

_FORGED = localized("Telegram did not confirm this login: try again")
_REQUIRED = ("iss", "aud", "exp", "iat", "nonce")


class Verifier:
    """Checks tokens against the issuer's keys, which it keeps; safe to share between threads."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        keys_url: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._keys_url = keys_url
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: list[Any] = []  # jwt.PyJWK
        self._fetched: float | None = None

    def verify(self, token: object, nonce: str) -> dict[str, Any]:
        """The claims. Raises Unauthorized, and Unavailable when the keys cannot be fetched."""
        import jwt  # 12 MB with its cryptography: only where somebody logs in this way

        try:
            header = jwt.get_unverified_header(str(token))
            key = self._key(header.get("kid"), header.get("alg"))
            claims: dict[str, Any] = jwt.decode(
                str(token),
                key.key,
                # The key's one algorithm, not what the token's header says: docs/decisions.md, 25.
                algorithms=[key.algorithm_name],
                audience=self._client_id,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": list(_REQUIRED), "verify_sub": False, "verify_jti": False},
            )
        except jwt.PyJWTError as error:
            raise _refused(type(error).__name__) from None
        self._check(claims, nonce)
        return claims

    def _check(self, claims: dict[str, Any], nonce: str) -> None:
        """Checks that the library leaves to its caller."""
        nonce_in_token = str(claims["nonce"]).encode("utf-8", "replace")
        if not hmac.compare_digest(nonce_in_token, nonce.encode()):
            raise _refused("the nonce is of another attempt")
        # `exp` is the issuer's choice; how long a login may take is ours.
        if int(claims["iat"]) < time.time() - MAX_AGE_SECONDS:
            raise _refused("it is old")
        audience = claims["aud"]
        parties = audience if isinstance(audience, list) else [audience]
        # A token for several parties could be another party's, who shows it here in somebody's
        # name.
        if len(parties) > 1 or claims.get("azp", self._client_id) != self._client_id:
            raise _refused("it is for somebody else too")

    def _key(self, key_id: object, algorithm: object) -> Any:
        """The key that a token names, if it is for this algorithm. Raises Unauthorized."""
        if algorithm not in ALGORITHMS:
            raise _refused("its algorithm is not accepted")
        # Under the lock, fetching included: of ten logins after a change of keys one asks for them.
        with self._lock:
            key = self._find(key_id, algorithm)
            if key is None and self._may_fetch(REFETCH_SECONDS):
                self._fetch()
                key = self._find(key_id, algorithm)
        if key is None:
            raise _refused("it names no key of the issuer")
        return key

    def _find(self, key_id: object, algorithm: object) -> Any:
        """A key is used for its own algorithm only, which it names or its kind implies."""
        if self._may_fetch(KEYS_TTL_SECONDS):
            self._fetch()
        fit = [key for key in self._keys if key.algorithm_name == algorithm]
        if key_id is None:  # the token names no key: only where there is one candidate
            return fit[0] if len(fit) == 1 else None
        return next((key for key in fit if key.key_id == key_id), None)

    def _may_fetch(self, after: float) -> bool:
        return self._fetched is None or self._clock() >= self._fetched + after

    def _fetch(self) -> None:
        document = oidc_http.get(self._keys_url)
        self._keys = [key for key in map(_read_key, _listed(document)) if key is not None]
        self._fetched = self._clock()


def _listed(document: dict[str, Any]) -> list[Any]:
    keys = document.get("keys")
    # An issuer has a handful; each costs a parse, and the token's sender waits.
    return keys[:50] if isinstance(keys, list) else []


def _read_key(document: object) -> Any:
    """A public key for signatures; None for any other, also of a kind that is not known."""
    import jwt

    if not isinstance(document, dict) or document.get("kty") not in {"RSA", "EC", "OKP"}:
        return None
    if document.get("use", "sig") != "sig":
        return None
    try:
        key = jwt.PyJWK(document)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return key if key.algorithm_name in ALGORITHMS else None


def _refused(why: str) -> Unauthorized:
    log.warning("an ID token is refused: %s", why)
    return Unauthorized(_FORGED)
