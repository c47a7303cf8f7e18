# Runs in a booted Debian in which the package is installed: what systemd does with the service, and what clients see of it.
# scripts/check-systemd boots it. Prints a line per part; the last line is `ok` if everything holds.
set -euo pipefail

url=http://127.0.0.1:8080
drop_in=/etc/systemd/system/interleaved.service.d
fail() {
    echo "systemd: $*"
    systemctl status --no-pager --lines 0 interleaved || true
    journalctl --no-pager --quiet -u interleaved -n 40 || true
    exit 1
}
show() { systemctl show interleaved --property "$1" --value; }
equal() { [ "$2" = "$3" ] || fail "$1: expected $2, found $3"; } # equal <what> <expected> <found>
# within <seconds> <what> <command...>: waits until a command succeeds.
within() {
    local limit=$1 what=$2 try
    shift 2
    for try in $(seq $((limit * 10))); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    fail "not within $limit s: $what"
}
# part <what>: the next part; what came before does not count against the limit of starts.
part() {
    echo "systemd: $*"
    systemctl reset-failed interleaved 2>/dev/null || true
}
is_ready() { curl -fs "$url/readyz"; }
has_process() { [ "$(show MainPID)" != "$1" ] && [ "$(show MainPID)" != 0 ]; } # another than <process>
journal_has() { journalctl --no-pager --quiet -u interleaved --since "@$1" | grep -qE -- "$2"; }
# ask <file> [curl arguments...]: a request that takes a while; writes the status.
ask() {
    local file=$1
    shift
    curl -s -o /dev/null -w '%{http_code}\n' "$url/v1/interleave" -H 'Content-Type: application/json' "$@" \
        -d '{"input": [{"type": "text", "text": "a red square"}], "mode": "image", "image": {"steps": 60}}' >"$file"
}

part "booted; the service is there"
within 60 "the service is up" systemctl is-active interleaved
is_ready >/dev/null || fail "systemd calls it ready, and it is not"
equal type notify "$(show Type)"
grep -q '^Serving nano at 127.0.0.1:8080' <<<"$(show StatusText)" || fail "status: $(show StatusText)"
equal user interleaved "$(stat -c %U "/proc/$(show MainPID)")"
ask /answer
equal "a picture" 200 "$(cat /answer)"
systemd-analyze security --no-pager --threshold=10 interleaved.service >/exposure || fail "exposure: $(tail -n 1 /exposure)"
tail -n 1 /exposure

part "killed, it comes back"
before=$(show MainPID)
kill -KILL "$before"
within 30 "another process" has_process "$before"
within 30 "ready again" is_ready
equal restarts 1 "$(show NRestarts)"

part "a crash leaves a backtrace in the journal"
before=$(show MainPID)
now=$(date +%s)
kill -SEGV "$before"
within 60 "the end of the backtrace" journal_has "$now" 'Backtrace took'
kill -KILL "$before" 2>/dev/null || true
within 60 "another process" has_process "$before"
within 30 "ready again" is_ready

part "reloaded, it goes on"
before=$(show MainPID)
now=$(date +%s)
systemctl reload interleaved
within 10 "the reload in the journal" journal_has "$now" 'SIGHUP'
within 10 "active" systemctl is-active interleaved
equal "the process" "$before" "$(show MainPID)"
is_ready >/dev/null || fail "not ready after a reload"

part "restarted, requests in progress are answered"
ask /answer & asked=$!
within 10 "the request runs" sh -c "curl -fs $url/v1/engine | grep -q '\"id\"'"
systemctl restart interleaved
wait "$asked"
equal "the request" 200 "$(cat /answer)"
is_ready >/dev/null || fail "not ready after a restart"

part "settings with a fault are not tried again"
cp /etc/interleaved/interleaved.yaml /kept.yaml
echo 'no_such_setting: 1' >>/etc/interleaved/interleaved.yaml
! systemctl restart interleaved 2>/dev/null || fail "started with a fault"
sleep 3
equal state failed "$(show ActiveState)"
equal "exit status" 64 "$(show ExecMainStatus)"
equal restarts 0 "$(show NRestarts)"
cp /kept.yaml /etc/interleaved/interleaved.yaml
systemctl reset-failed interleaved

part "a model that takes longer to load than TimeoutStartSec gets the time"
mkdir -p "$drop_in"
printf '[Service]\nTimeoutStartSec=1\n' >"$drop_in/test.conf"
systemctl daemon-reload
systemctl start --no-block interleaved
within 10 "loading" eval 'grep -q "^Loading nano" <<<"$(show StatusText)"'
/stall "$(show MainPID)" ilv-load >/stalled & stall=$!
within 10 "a stopped thread" grep -q stalled /stalled
sleep 4
equal "while it loads" activating "$(show ActiveState)"
grep -q '^Loading nano' <<<"$(show StatusText)" || fail "status: $(show StatusText)"
kill "$stall"
wait "$stall" 2>/dev/null || true
within 30 "active" systemctl is-active interleaved
systemctl stop interleaved

part "stalled, it is ended and comes back"
mkdir -p "$drop_in"
printf '[Service]\nWatchdogSec=2\nTimeoutAbortSec=3\nEnvironment=INTERLEAVED_STUCK_AFTER=2s\n' >"$drop_in/test.conf"
systemctl daemon-reload
systemctl start interleaved
sleep 5
equal "an idle engine" active "$(show ActiveState)"
before=$(show MainPID)
now=$(date +%s)
/stall "$before" ilv-engine >/stalled & stall=$!
within 10 "a stopped thread" grep -q stalled /stalled
curl -fs "$url/livez" >/dev/null || fail "the rest of the process does not go on"
ask /answer --max-time 60 &
within 60 "another process" has_process "$before"
kill "$stall" 2>/dev/null || true
wait
journal_has "$now" 'No progress for' || fail "the journal says nothing of the stall"
journal_has "$now" 'Watchdog timeout' || fail "it was not the watchdog"
within 30 "ready again" is_ready
rm "$drop_in/test.conf"
systemctl daemon-reload

part "with a socket of systemd's no connection is refused while it restarts"
systemctl stop interleaved
equal result success "$(show Result)"
! is_ready >/dev/null || fail "stopped, and still there"
systemctl enable --quiet --now interleaved.socket
curl -fs --max-time 60 "$url/livez" >/dev/null || fail "a connection does not start it"
within 30 "ready" is_ready
(
    while [ ! -e /enough ]; do
        curl -s -o /dev/null -w '%{http_code} %{exitcode}\n' --max-time 60 "$url/livez"
    done >/seen
) & asking=$!
systemctl restart interleaved
touch /enough
wait "$asking"
[ "$(grep -c '^200 0$' /seen)" -gt 1 ] || fail "nothing was answered: $(sort /seen | uniq -c)"
equal "what clients saw" "200 0" "$(sort -u /seen)"
systemctl stop interleaved.socket interleaved
systemctl disable --quiet interleaved.socket

part "a socket that others reach is refused without keys"
mkdir -p /etc/systemd/system/interleaved.socket.d
printf '[Socket]\nListenStream=\nListenStream=0.0.0.0:8080\n' >/etc/systemd/system/interleaved.socket.d/test.conf
systemctl daemon-reload
systemctl start interleaved.socket
now=$(date +%s)
! systemctl start interleaved 2>/dev/null || fail "it serves everybody"
journal_has "$now" 'is an address that others reach' || fail "it does not say why"
systemctl stop interleaved.socket
echo ok
