#!/usr/bin/env bash
# Completion in zsh: Tab at the prompt of an interactive shell, the script found by compinit.
. "$(dirname "$0")/lib.sh"
command -v zsh > /dev/null || skip "zsh is not installed"
admin user add alice --note 'until May' > /dev/null
admin user add ann@example.org > /dev/null
# shellcheck disable=SC2016  # a model's name, not a variable
set_price 'ft:gpt-4o:org$x'
touch 'a file.json'
mkdir bin functions
ln -s "$CHATGATE" bin/chatgate
"$CHATGATE" completion zsh > functions/_chatgate

cat > start.zsh << 'END'
fpath=($PWD/functions $fpath)
autoload -Uz compinit && compinit -u -D
tell() {
  zle complete-word
  zle -R
  print -r -- "$BUFFER|" >> lines
  BUFFER=
}
zle -N tell
bindkey '^I' tell
touch ready
END
# Types lines and Tab into a zsh at a terminal of its own. Each answer is waited for.
cat > drive.zsh << 'END'
zmodload zsh/zpty
await() {
  repeat 1500; do
    eval "$1" && return
    while zpty -r -t shell piece; do print -rn -- "$piece" >> screen; done
    sleep 0.02
  done
  print -r -- "waited in vain for: $1" >&2
  exit 1
}
zpty shell zsh -f -i
zpty -w shell 'source ./start.zsh'
await '[[ -e ready ]]'
touch lines
integer typed=0
while IFS= read -r line; do
  zpty -w -n shell "$line"$'\t'
  (( ++typed ))
  await '(( $(wc -l < lines) == typed ))'
done
await 'grep -q "until May" screen' # beside the names in the list
zpty -w shell 'exit'
zpty -d shell
END
cat > typed << 'END'
chatgate user sh
chatgate user --format=m
chatgate usage report --unt
chatgate user show an
chatgate user show 'al
chatgate price set ft:
chatgate --config a
chatgate --config=a
chatgate nonsense x
chatgate user show a
END
cat > expected << 'END'
chatgate user show |
chatgate user --format=markdown |
chatgate usage report --until |
chatgate user show ann@example.org |
chatgate user show 'alice' |
chatgate price set ft:gpt-4o:org\$x |
chatgate --config a\ file.json |
chatgate --config=a\ file.json |
chatgate nonsense x|
chatgate user show a|
END
PATH=$work/bin:$PATH CHATGATE_DB=$db TERM=xterm timeout 120 zsh -f drive.zsh < typed ||
  fail "zsh did not answer: $(< lines)"
diff expected lines > difference || fail "zsh completed otherwise: $(< difference)"
