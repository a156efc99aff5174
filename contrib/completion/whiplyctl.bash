# Completion of whiplyctl for bash. The words come from the running server; see whiplyctl(1).
_whiplyctl() {
	local words=() i word line current before=
	# Bash cuts words at "=": put `--field=value` together again.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((${#words[@]})) && [[ $word == =* || ${words[-1]} == --*= ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
	done
	current=${words[-1]}
	COMPREPLY=()
	if ((${#words[@]} > 1)) && [[ ${words[-2]} == -s || ${words[-2]} == --socket ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	fi
	[[ $COMP_WORDBREAKS == *=* && $current == --*=* ]] && before=${current%%=*}=
	while IFS=$'\t' read -r line _; do
		COMPREPLY+=("$(printf %q "${line#"$before"}")")
	done < <("${COMP_WORDS[0]}" --completions "${words[@]}" 2>/dev/null)
}
complete -F _whiplyctl whiplyctl
