/**
 * The scripts that shells load. They hold no commands and no names: the program is asked at each completion, so that one script
 * fits every version. Candidates arrive as lines of value, tab, description; a value that begins with a colon is an instruction.
 */

const BASH = `# Completion of agent-mcp-gateway for bash.
_agent_mcp_gateway() {
  local line value current="\${COMP_WORDS[COMP_CWORD]}"
  # What was typed, without the backslashes that a completion before added.
  local -a words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  [[ $current == '=' ]] && current=''
  while IFS= read -r line; do
    value="\${line%%$'\\t'*}"
    case "$value" in
      :files) mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames ;;
      :folders) mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames ;;
      *) COMPREPLY+=("$(printf '%q' "$value")") ;;
    esac
  done < <("\${COMP_WORDS[0]}" complete -- "\${words[@]//\\\\/}" 2>/dev/null)
}
complete -F _agent_mcp_gateway agent-mcp-gateway
`;

const ZSH = `#compdef agent-mcp-gateway
# Completion of agent-mcp-gateway for zsh.
_agent_mcp_gateway() {
  local line value description
  local -a described plain
  while IFS= read -r line; do
    value="\${line%%$'\\t'*}"
    description="\${line#*$'\\t'}"
    case "$value" in
      :files) _files; return ;;
      :folders) _files -/; return ;;
    esac
    if [[ -n "$description" ]]; then described+=("\${value//:/\\\\:}:$description")
    else plain+=("$value"); fi
  done < <("\${words[1]}" complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( \${#plain} )) && compadd -- "\${plain[@]}"
  (( \${#described} )) && _describe 'agent-mcp-gateway' described
}
if [ "\${funcstack[1]}" = '_agent_mcp_gateway' ]; then _agent_mcp_gateway "$@"
else compdef _agent_mcp_gateway agent-mcp-gateway; fi
`;

const FISH = `# Completion of agent-mcp-gateway for fish.
function __agent_mcp_gateway_complete
    set -l words (commandline -opc)
    set -l current (string unescape -- (commandline -ct)); or set current (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':files*'
                __fish_complete_path (commandline -ct)
            case ':folders*'
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c agent-mcp-gateway -f -a '(__agent_mcp_gateway_complete)'
`;

const SCRIPTS: ReadonlyMap<string, string> = new Map([
  ['bash', BASH],
  ['zsh', ZSH],
  ['fish', FISH],
]);

/** The script for a shell; undefined where there is none for it. */
export function shellScript(shell: string): string | undefined {
  return SCRIPTS.get(shell);
}
