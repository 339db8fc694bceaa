# Completion of chatgate's command lines in fish. The program itself says what may follow.
#
#   chatgate completion fish | source

function __chatgate_complete
    set -l program (commandline -opc)[1]
    set -l answer ($program __complete (commandline -cp | string collect) 2>/dev/null)
    if test "$answer[1]" = files
        # The path alone is completed, also where it stands behind `--db=`.
        set -l word (commandline -ct | string collect)
        set -l option (string match -r -- '^--[^=]*=' $word)
        __fish_complete_path (string replace -r -- '^--[^=]*=' '' $word) |
            string replace -r -- '^' "$option"
    else
        printf '%s\n' $answer[2..-1]
    end
end

complete -c chatgate -f -a '(__chatgate_complete)'
