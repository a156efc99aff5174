# Completion of whiplyctl for fish. The words come from the running server; see whiplyctl(1).
function __whiplyctl_words
    set -l words (commandline -opc) (commandline -ct)
    $words[1] --completions $words[2..-1] 2>/dev/null
end
complete -c whiplyctl -f -a '(__whiplyctl_words)'
complete -c whiplyctl -s s -l socket -r -F -d 'the control socket'
