# Made by ./stack service install; ./stack service remove takes it away.
# For hosts without systemd. What it prints is in .stack/logs/.
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# The engine may come up later than cron.
@reboot root cd @CHECKOUT@ && mkdir -p .stack/logs && { timeout 600 sh -c 'until docker info >/dev/null; do sleep 2; done'; ./stack up --compose@FLAGS@; } >>.stack/logs/boot.log 2>&1
23 4 * * * root cd @CHECKOUT@ && mkdir -p .stack/logs && ./stack audit@FLAGS@ >.stack/logs/audit.log 2>&1
17 */6 * * * root cd @CHECKOUT@ && mkdir -p .stack/logs && ./stack monitor-tls-certs --metrics-file @TEXTFILE@/certificates.prom@FLAGS@ >.stack/logs/monitor-tls-certs.log 2>&1
41 3 * * * root cd @CHECKOUT@ && mkdir -p .stack/logs && ./stack renew-certs@FLAGS@ >.stack/logs/renew-certs.log 2>&1
