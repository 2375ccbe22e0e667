# For scripts/container-smoke: a container engine of its own for a Debian machine that has none, and a base image for
# where no image registry can be reached. Expects $work, a folder of its own. Needs root.
#
# The engine lives in mount and process namespaces of its own, and while containers run also in a network namespace:
# the machine's network rules stay as they are, and when its first process ends every container and mount ends too.

: "${work:?}"
own_engine_pid=
own_engine_group="bourse-smoke-$$"

own_engine_is_possible() {
  [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null && command -v unshare >/dev/null
}

# install_packages NAME…: those that are missing, without starting any service that comes with them.
install_packages() {
  local missing=() package policy=/usr/sbin/policy-rc.d has_policy=1 exit_code=0
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  if [ ! -e "$policy" ]; then
    has_policy=0
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
  fi
  {
    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}"
  } >"$work/apt.log" 2>&1 || exit_code=$?
  if [ "$has_policy" -eq 0 ]; then rm "$policy"; fi
  if [ "$exit_code" -ne 0 ]; then tail -20 "$work/apt.log" >&2; fi
  return "$exit_code"
}

# start_own_engine build|run: with the machine's network and no container network of its own, or the other way round.
start_own_engine() {
  local namespaces=(--mount --pid --fork --kill-child --mount-proc) options=()
  if [ "$1" = run ]; then namespaces+=(--net); else options+=(--bridge=none); fi
  echo '{}' >"$work/daemon.json"
  # A containerd or settings of the machine's own are out of sight.
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare "${namespaces[@]}" sh -ec '
    for folder in /run/containerd /etc/docker; do
      if [ -d "$folder" ]; then mount -t tmpfs none "$folder"; fi
    done
    busybox ip link set lo up
    exec dockerd "$@"' sh \
    --config-file "$work/daemon.json" --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/pid" \
    --host "unix://$work/docker.sock" --cgroup-parent "/$own_engine_group" \
    --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    --default-ulimit "nofile=$(ulimit -Hn):$(ulimit -Hn)" "${options[@]}" >>"$work/engine.log" 2>&1 &
  own_engine_pid=$!
  export DOCKER_HOST="unix://$work/docker.sock"
  for _ in $(seq 100); do
    if command docker version >/dev/null 2>&1; then return; fi
    if ! kill -0 "$own_engine_pid" 2>/dev/null; then break; fi
    sleep 0.2
  done
  tail -20 "$work/engine.log" >&2
  return 1
}

stop_own_engine() {
  if [ -z "$own_engine_pid" ]; then return; fi
  local dockerd
  dockerd=$(cat "/proc/$own_engine_pid/task/$own_engine_pid/children" 2>/dev/null || true)
  if [ -n "$dockerd" ]; then kill "$dockerd" 2>/dev/null || true; fi
  for _ in $(seq 100); do
    if ! kill -0 "$own_engine_pid" 2>/dev/null; then break; fi
    sleep 0.2
  done
  # The namespaces, and all that is still in them, go with it.
  kill -KILL "$own_engine_pid" 2>/dev/null || true
  wait "$own_engine_pid" 2>/dev/null || true
  own_engine_pid=
  find /sys/fs/cgroup -depth -type d -path "*/$own_engine_group*" -exec rmdir {} + 2>/dev/null || true
}

# make_base_image TAG: busybox, this Bun with its libraries, and this machine's certificates, which the install of the
# dependencies needs where a proxy stands before the package registry.
make_base_image() {
  local root="$work/base" bun_path library applet
  bun_path=$(bun -e 'console.log(process.execPath)')
  mkdir -p "$root"/{bin,etc/ssl/certs,home/bun,root,tmp,usr/local/bin}
  chmod 1777 "$root/tmp"
  for applet in $(busybox --list); do ln -s busybox "$root/bin/$applet"; done
  cp --remove-destination /bin/busybox "$root/bin/busybox"
  cp "$bun_path" "$root/usr/local/bin/bun"
  for library in $(ldd "$bun_path" | grep -o '/[^ ]*') "$(dirname "$(ldd "$bun_path" | grep -o '/[^ ]*libc.so.6')")"/lib{nss_dns,resolv}.so.2; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  printf 'root:x:0:0::/root:/bin/sh\nbun:x:1000:1000::/home/bun:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\nbun:x:1000:\n' >"$root/etc/group"
  tar -C "$root" -c . | docker import \
    -c 'ENV PATH=/usr/local/bin:/bin NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' - "$1" >/dev/null
  rm -rf "$root"
}
