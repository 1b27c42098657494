import { type Command, toOption, UsageError } from './command'

const HELP = `onnxruntime-iobinding completion bash|zsh|fish

Prints a script that completes the commands, their options and files in this shell.

  bash  eval "$(npx onnxruntime-iobinding completion bash)"    in ~/.bashrc
  zsh   eval "$(npx onnxruntime-iobinding completion zsh)"     in ~/.zshrc, after compinit
  fish  npx onnxruntime-iobinding completion fish | source     in ~/.config/fish/config.fish`

type Commands = Readonly<Record<string, Command>>

const SHELLS: Readonly<Record<string, (commands: Commands) => string>> = { bash, zsh, fish }

/** `completion bash`: of these commands, and itself. */
export const completion = (commands: Commands): Command => ({
  summary: "prints a shell's completion script",
  help: HELP,
  options: {},
  async run(positionals) {
    const [shell = ''] = positionals
    if (positionals.length !== 1 || !Object.hasOwn(SHELLS, shell)) {
      throw new UsageError(`completion takes one of ${Object.keys(SHELLS).join(', ')}`)
    }
    console.log(SHELLS[shell]!({ ...commands, completion: completion(commands) }))
    return 0
  },
})

const optionNames = ({ options }: Command) => [...Object.keys(options), 'help'].map(toOption)

/** The words that follow a command: its options, and the shells of `completion`. */
const words = (name: string, command: Command) =>
  [...(name === 'completion' ? Object.keys(SHELLS) : []), ...optionNames(command)].join(' ')

function bash(commands: Commands): string {
  const cases = Object.entries(commands).map(
    ([name, command]) => `    ${name}) words='${words(name, command)}' ;;`,
  )
  return `_onnxruntime_iobinding() {
  local current=\${COMP_WORDS[COMP_CWORD]} first=1 words
  COMPREPLY=()
  # npx onnxruntime-iobinding COMMAND
  [[ \${COMP_WORDS[0]} == npx ]] && first=2
  if ((first == 2)) && [[ \${COMP_WORDS[1]} != onnxruntime-iobinding ]]; then return; fi
  if ((COMP_CWORD == first)); then
    COMPREPLY=($(compgen -W '${Object.keys(commands).join(' ')}' -- "$current"))
    return
  fi
  case \${COMP_WORDS[first]} in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _onnxruntime_iobinding onnxruntime-iobinding
complete -p npx >/dev/null 2>&1 || complete -o default -F _onnxruntime_iobinding npx`
}

function zsh(commands: Commands): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`
}

function fish(commands: Commands): string {
  const names = Object.keys(commands)
  const isFirst = `not __fish_seen_subcommand_from ${names.join(' ')}`
  return Object.entries(commands)
    .flatMap(([name, command]) => {
      const isIt = `__fish_seen_subcommand_from ${name}`
      const shells =
        name === 'completion'
          ? `\ncomplete -c onnxruntime-iobinding -n '${isIt}' -f -a '${Object.keys(SHELLS).join(' ')}'`
          : ''
      return [
        `complete -c onnxruntime-iobinding -n '${isFirst}' -f -a ${name} -d '${command.summary.replaceAll("'", "\\'")}'${shells}`,
        ...optionNames(command).map(
          (option) => `complete -c onnxruntime-iobinding -n '${isIt}' -l ${option.slice(2)}`,
        ),
      ]
    })
    .join('\n')
}
