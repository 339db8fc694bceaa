#!/usr/bin/env bash
# The program prints the completion scripts of the source tree, each of which its shell can read.
. "$(dirname "$0")/lib.sh"
{
  "$CHATGATE" completion bash | diff - completions/chatgate.bash || true
  "$CHATGATE" completion zsh | diff - completions/_chatgate || true
  "$CHATGATE" completion fish | diff - completions/chatgate.fish || true
  bash -n completions/chatgate.bash 2>&1 || true
  if command -v zsh > /dev/null; then zsh -n completions/_chatgate 2>&1 || true; fi
  if command -v fish > /dev/null; then fish --no-execute completions/chatgate.fish 2>&1 || true; fi
} | expect_nothing "completion scripts that differ from what the program prints"
