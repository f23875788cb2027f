/**
 * The scripts that `completions` prints. They hand the line to `rserpool __complete` and take words
 * back as data: what registrars tell is never read as a part of a script.
 */

const BASH =
  `# Completions of rserpool for bash: source this file, or see "rserpool completions --help".
_rserpool() {
  local program=rserpool kind='' skipped='' line=''
  COMPREPLY=()
  [[ \${1##*/} == rserpool ]] && program=\${1/#'~/'/$HOME/}
  {
    IFS=' ' read -r kind skipped
    while IFS= read -r line; do COMPREPLY+=("$line"); done
  } < <(command "$program" __complete bash "\${COMP_LINE:0:COMP_POINT}" "$2" </dev/null 2>/dev/null)
  # Without compopt, in bash 3, there is a blank too many, and no file.
  type compopt &>/dev/null || return 0
  case $kind in
    files)
      compopt -o default
      # Readline takes the sign for the beginning of a host.
      [[ $2 == @* ]] || return 0
      compopt -o filenames
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -P @ -f -- "\${2#@}")
      ;;
    folders) compopt -o dirnames ;;
    open) compopt -o nospace ;;
  esac
  return 0
}
complete -F _rserpool rserpool
`;

const ZSH = `#compdef rserpool
# Completions of rserpool for zsh: as _rserpool in a folder of fpath, or sourced behind compinit.
_rserpool() {
  local program=rserpool kind skipped line
  local -a lines values shown
  [[ \${words[1]:t} == rserpool ]] && program=\${\${(Q)words[1]}/#\\~\\//$HOME/}
  lines=("\${(@f)$(command $program __complete zsh \\
    "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" </dev/null 2>/dev/null)}")
  kind=\${lines[1]% *}
  skipped=\${lines[1]#* }
  [[ $skipped == <1-> ]] && compset -p $skipped
  case $kind in
    files) _files; return ;;
    folders) _files -/; return ;;
  esac
  for line in "\${(@)lines[2,-1]}"; do
    [[ -n $line ]] || continue
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line%%$'\\t'*}\${\${line#*$'\\t'}:+  -- \${line#*$'\\t'}}")
  done
  if [[ $kind == open ]]; then
    compadd -S '' -l -V rserpool -d shown -a -- values
  else
    compadd -l -V rserpool -d shown -a -- values
  fi
}
if [[ $funcstack[1] == _rserpool ]]; then
  _rserpool "$@"
else
  compdef _rserpool rserpool
fi
`;

const FISH =
  `# Completions of rserpool for fish: as rserpool.fish in a folder of $fish_complete_path.
function __rserpool_complete
    set -l words (commandline -opc)
    set -l program rserpool
    test (string split -r -m 1 -f 2 / -- /$words[1]) = rserpool; and set program $words[1]
    set -l written (commandline -ct)
    # In a quote that has not ended, all that stands in the way is the quote.
    set -l current (string unescape -- "$written"; or string replace -ar '[\\'"]' '' -- "$written")
    set -l lines (command $program __complete fish $words[2..] "$current" </dev/null 2>/dev/null)
    set -l head (string split ' ' -- $lines[1])
    switch "$head[1]"
        case files folders
            set -l skipped (string sub -l $head[2] -- "$current")
            set -l rest (string sub -s (math $head[2] + 1) -- "$current")
            for path in (__fish_complete_path "$rest")
                printf '%s%s\\n' "$skipped" "$path"
            end
        case words open
            set -l skipped (string sub -l $head[2] -- "$current")
            for line in $lines[2..]
                printf '%s%s\\n' "$skipped" "$line"
            end
    end
end
complete -c rserpool -f -a '(__rserpool_complete)'
`;

/** The scripts by the shells that read them. */
export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;

/** A shell that has a script. */
export type Shell = keyof typeof SCRIPTS;

/** Where shells look for these files, below a folder of shared data. */
export const SCRIPT_PATHS: Readonly<Record<Shell, string>> = {
  bash: "bash-completion/completions/rserpool",
  zsh: "zsh/site-functions/_rserpool",
  fish: "fish/vendor_completions.d/rserpool.fish",
};
