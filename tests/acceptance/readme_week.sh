#!/usr/bin/env bash
# The README's week at the shell goes as it says: every command succeeds and prints what stands there.
. "$(dirname "$0")/lib.sh"
start_upstream
start_gateway
mkdir bin
ln -s "$CHATGATE" bin/chatgate
PATH=$work/bin:$PATH
systemctl() { "${1}_gateway"; } # stop or start

# What a text says, whatever the width of its columns.
plain() { sed -E 's/ +/ /g; s/ $//'; }

# Runs $command. What it prints must be $shown, in which … stands for any text; where nothing is shown,
# it may print what it likes.
run_command() {
  # The gateway under test listens elsewhere. Within this shell, so that variables stay.
  eval "${command//http:\/\/127.0.0.1:8080/$gateway}" > printed 2> errors ||
    fail "'$command' failed: $(< errors)"
  if [[ -n $shown ]]; then
    local pattern
    pattern=$(plain <<< "$shown" | sed -E 's/[][\\*?{}|()^$+.]/\\&/g; s/ ?… ?/.*/g')
    [[ $(plain < printed) =~ ^$pattern$ ]] ||
      fail "'$command' prints"$'\n'"$(< printed)"$'\n'"and not"$'\n'"$shown"
  fi
  # The gateway takes up to a second to know of a new token.
  if [[ $command =~ ^([a-z]+)=.*chatgate\ token ]]; then
    token=${!BASH_REMATCH[1]}
    wait_until 10 knows_token
  fi
}

# The section's console blocks: `$ ` begins a command, `> ` goes on with it, all else is printed.
commands=0 command='' shown=''
while IFS= read -r line; do
  case $line in
    '$ '* | '```'*)
      [[ -z $command ]] || run_command
      command= shown=
      [[ $line != '$ '* ]] || command=${line#'$ '} commands=$((commands + 1))
      ;;
    '> '*) command+=$'\n'${line#'> '} ;;
    *) shown+=${shown:+$'\n'}$line ;;
  esac
done < <(sed -n '/^## A week at the shell/,/^## [^A]/p' "$CHATGATE_ROOT/README.md" |
  sed -n '/^```console$/,/^```$/p')
((commands > 20)) || fail "only $commands commands were found"
