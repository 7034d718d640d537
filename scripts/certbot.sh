#!/usr/bin/env bash
# Gets the site's certificate from Let's Encrypt and keeps it renewed. Run again, it changes nothing.
#
#   scripts/certbot.sh [--dry-run | --staging] [--server URL] DOMAIN EMAIL
#
#   --dry-run     rehearse with Let's Encrypt's test server; no certificate is kept
#   --staging     a certificate that browsers do not trust, but with generous limits
#   --server URL  another ACME server
#
# Before: nginx/appliance.conf is enabled and DOMAIN points to this machine. It may be enabled
# before there is a certificate: this script puts a self-signed one in place, for nginx to start.
set -euo pipefail

TLS=/etc/appliance/tls
WEBROOT=/var/www/appliance
LIVE=/etc/letsencrypt/live
RELOAD='nginx -t -q && nginx -s reload'

usage() {
    echo "usage: certbot.sh [--dry-run | --staging] [--server URL] DOMAIN EMAIL" >&2
    exit 2
}

fail() {
    echo "certbot.sh: $*" >&2
    exit 1
}

need() {
    command -v "$1" >/dev/null || fail "$1 is missing: apt-get install $2"
}

# nginx refuses to start without a certificate, and without nginx there is no certificate.
make_temporary_certificate() {
    [ ! -e "$TLS/fullchain.pem" ] || return 0
    echo "Putting a self-signed certificate in place until there is a real one"
    rm -f "$TLS/fullchain.pem" "$TLS/privkey.pem" # links that lead nowhere any more
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7 \
        -subj "/CN=$domain" -addext "subjectAltName=DNS:$domain" \
        -keyout "$TLS/privkey.pem" -out "$TLS/fullchain.pem" 2>/dev/null ||
        fail "openssl could not make a certificate in $TLS"
}

reload_nginx() {
    nginx -t -q || fail "nginx refuses its configuration; see above"
    if [ -d /run/systemd/system ]; then
        systemctl reload-or-restart nginx || fail "nginx does not start: journalctl -u nginx"
    elif ! nginx -s reload 2>/dev/null; then
        nginx || fail "nginx does not start; see above"
    fi
}

# --keep-until-expiring makes a second run harmless; but what came from the staging server must not
# be kept when the real one is asked. The hook is kept for the renewals.
request_certificate() {
    if ! $test_only && grep -qs staging "/etc/letsencrypt/renewal/$domain.conf"; then
        options+=(--force-renewal)
    fi
    certbot certonly --webroot --webroot-path "$WEBROOT" --domain "$domain" --cert-name "$domain" \
        --email "$email" --agree-tos --no-eff-email --non-interactive --keep-until-expiring \
        --deploy-hook "$RELOAD" "${options[@]}" ||
        fail "no certificate. Does $domain point to this machine, and is port 80 open?" \
            "certbot says more above and in /var/log/letsencrypt/letsencrypt.log"
}

use_certificate() {
    ln -sfn "$LIVE/$domain/fullchain.pem" "$TLS/fullchain.pem"
    ln -sfn "$LIVE/$domain/privkey.pem" "$TLS/privkey.pem"
    reload_nginx
}

# Debian's package brings a timer. Elsewhere cron does it; certbot would sleep up to eight minutes
# by itself where there is no terminal, and cron's odd minute spreads the load as well.
renew_by_itself() {
    if [ -d /run/systemd/system ] && systemctl cat certbot.timer >/dev/null 2>&1; then
        systemctl enable --now --quiet certbot.timer
        echo "Renewal: certbot.timer"
    elif [ -e /etc/cron.d/appliance-certbot ]; then
        echo "Renewal: /etc/cron.d/appliance-certbot"
    elif [ -d /etc/cron.d ]; then
        echo "$((RANDOM % 60)) 3,15 * * * root certbot renew --quiet --no-random-sleep-on-renew" \
            >/etc/cron.d/appliance-certbot
        echo "Renewal: /etc/cron.d/appliance-certbot"
    else
        fail "the certificate is in use, but there is neither systemd nor cron to renew it:" \
            "run daily: certbot renew --quiet --no-random-sleep-on-renew"
    fi
}

options=()
dry_run=false test_only=false
while [ $# -gt 0 ]; do
    case $1 in
        --dry-run) dry_run=true test_only=true options+=(--dry-run) ;;
        --staging) test_only=true options+=(--staging) ;;
        --server) [ $# -gt 1 ] || usage; options+=(--server "$2"); shift ;;
        -*) usage ;;
        *) break ;;
    esac
    shift
done
[ $# -eq 2 ] || usage
domain=$1 email=$2
[[ $domain =~ ^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$ ]] ||
    fail "invalid DOMAIN '$domain': expected a host name, without https:// and slashes"
[[ $email =~ ^[^@[:space:]]+@[^@[:space:]]+$ ]] || fail "invalid EMAIL '$email': expected an address"
[ "$(id -u)" = 0 ] || fail "run it as root: it writes to /etc and reloads nginx"
need nginx nginx
need openssl openssl
need certbot certbot

install -d -m 0755 /etc/appliance "$WEBROOT"
install -d -m 0700 "$TLS"
make_temporary_certificate
reload_nginx
request_certificate
if $dry_run; then
    echo "The rehearsal went well; nothing was kept"
    exit
fi
use_certificate
renew_by_itself
echo "https://$domain has its certificate"
