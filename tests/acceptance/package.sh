#!/usr/bin/env bash
# The Debian package made of this build has everything in its place, and what is in it works.
. "$(dirname "$0")/lib.sh"
build=$(dirname "$CHATGATE")
[[ -f $build/man/chatgate.1.gz ]] || fail "the target chatgate_manual was not built"

cpack --config "$build/CPackConfig.cmake" -B "$work/package" > cpack.log 2>&1 || fail "cpack failed"
deb=$(echo package/*.deb)
dpkg-deb -x "$deb" root
dpkg-deb -e "$deb" control
root=$work/root

expect "the files" "$(cd root && find . -type f ! -name 'chatgate-*.1.gz' | sort)" "\
./etc/chatgate/chatgate.env
./etc/chatgate/chatgate.json
./usr/bin/chatgate
./usr/bin/chatgate-report
./usr/lib/systemd/system/chatgate-report.service
./usr/lib/systemd/system/chatgate-report.timer
./usr/lib/systemd/system/chatgate.service
./usr/lib/systemd/system/chatgate.socket
./usr/share/bash-completion/completions/chatgate
./usr/share/chatgate/chat.proto
./usr/share/chatgate/grafana-dashboard.json
./usr/share/chatgate/prometheus-alerts.yml
./usr/share/doc/chatgate/CHANGELOG.md
./usr/share/doc/chatgate/README.md
./usr/share/doc/chatgate/copyright
./usr/share/fish/vendor_completions.d/chatgate.fish
./usr/share/man/man1/chatgate.1.gz
./usr/share/zsh/vendor-completions/_chatgate"
expect "who may read keys" "$(stat -c %a root/etc/chatgate/chatgate.env)" 600
expect "the configuration files" "$(sort control/conffiles)" "$(cd root && find etc -type f | sort | sed 's|^|/|')"
expect "the version" "chatgate $(dpkg-deb -f "$deb" Version)" "$("$root/usr/bin/chatgate" --version)"
expect_match "the dependencies" "$(dpkg-deb -f "$deb" Depends)" 'adduser.*libcurl4.*libsqlite3-0'
expect_match "what is recommended" "$(dpkg-deb -f "$deb" Recommends)" '^libgrpc\+\+1[^,]* \(>= 1\.'
for licence in 'MIT License' 'libcli11-dev' 'nlohmann-json3-dev' 'cpp-httplib' 'tiktoken'; do
  grep -q "$licence" root/usr/share/doc/chatgate/copyright || fail "no licence of $licence"
done
for script in postinst prerm postrm; do
  [[ -x control/$script ]] || fail "$script cannot be run"
  sh -n "control/$script"
done

# Every noun has its page.
for noun in $("$CHATGATE" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]\+\) .*/\1/p'); do
  gzip -dc "root/usr/share/man/man1/chatgate-$noun.1.gz" | grep -q '^\.SH "NAME"' || fail "no page of $noun"
done
expect "completion" "$(PATH=$root/usr/bin:$PATH bash -c '. root/usr/share/bash-completion/completions/chatgate
  COMP_LINE="chatgate user sh" COMP_POINT=16; _chatgate chatgate; echo "$COMPREPLY"')" show

if command -v systemd-analyze > /dev/null; then
  mkdir units
  cp root/usr/lib/systemd/system/* units
  sed -i "s|^ExecStart=|ExecStart=$root/usr/bin/|" units/*.service
  systemd-analyze verify --man=no units/* > verify.log 2>&1 || fail "systemd refuses a unit"
  expect "what systemd says of the units" "$(< verify.log)" ""
fi

# The service's command line, with the configuration as packaged, on another port and database.
start_upstream
add_user alice
set_price gpt
CHATGATE=$root/usr/bin/chatgate start_gateway --config "$root/etc/chatgate/chatgate.json" \
  --upstream-url "$upstream/v1"
chat gpt
expect "an answer" "$status" 200
stop_gateway

# Elsewhere than in a package nothing is written to /etc.
DESTDIR=$work/elsewhere cmake --install "$build" --prefix /opt/chatgate > install.log
expect "what is installed" "$(cd elsewhere/opt/chatgate && find . -name '*chatgate' | sort)" "\
./bin/chatgate
./share/bash-completion/completions/chatgate
./share/chatgate
./share/doc/chatgate
./share/zsh/site-functions/_chatgate"
expect "where" "$(ls elsewhere)" opt
