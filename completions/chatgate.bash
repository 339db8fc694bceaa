# Completion of chatgate's command lines in bash. The program itself says what may follow.
#
#   source <(chatgate completion bash)

_chatgate() {
  local line=${COMP_LINE:0:COMP_POINT} word kept candidate answer
  COMPREPLY=()
  mapfile -t answer < <("$1" __complete "$line" 2> /dev/null)
  # Readline replaces only what follows the last of its own breaks, '=', ':' or '@'.
  word=${line##*[[:space:]]}
  kept=${word%"${word##*["$COMP_WORDBREAKS"]}"}
  if [[ ${answer[0]-} == files ]]; then
    compopt -o default
    return
  fi
  for candidate in "${answer[@]:1}"; do
    candidate=${candidate%%$'\t'*}
    candidate=${candidate#"$kept"}
    if [[ $word != [\"\']* && $candidate == *[!A-Za-z0-9._@:/,=+-]* ]]; then
      printf -v candidate %q "$candidate"
    fi
    COMPREPLY+=("$candidate")
  done
}
complete -F _chatgate chatgate
