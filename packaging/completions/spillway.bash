# bash completion for spillway(1)

_spillway_tenants() {
  spillway ps --no-color 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_spillway() {
  local word=$2 previous=$3 verb='' i
  local verbs='status ps watch offload restore free pin unpin why explain replay report doctor check who tune config plan context run gateway demo version'
  local general='--help --version --socket --no-color'
  COMPREPLY=()

  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --socket) ((i++)) ;;
      -*) ;;
      *)
        verb=${COMP_WORDS[i]}
        break
        ;;
    esac
  done

  # After the options of run comes a command line of its own.
  if [[ $verb == run ]]; then
    local j
    for ((j = i + 1; j < COMP_CWORD; j++)); do
      case ${COMP_WORDS[j]} in
        -v | --verbose | --no-color | --*=*) ;;
        --)
          _command_offset $((j + 1))
          return
          ;;
        -*) ((j++)) ;; # all others take a value
        *)
          _command_offset "$j"
          return
          ;;
      esac
    done
  fi

  case $previous in
    --socket | --journal | --status-file | --record | --svg | --fit | --app--policy | --model)
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
      ;;
    --pool)
      mapfile -t COMPREPLY < <(compgen -W 'ram swap vram' -- "$word")
      return
      ;;
    --backend)
      mapfile -t COMPREPLY < <(compgen -W 'llama.cpp transformers onnxruntime vllm' -- "$word")
      return
      ;;
    --print-flags)
      mapfile -t COMPREPLY < <(compgen -W 'llama.cpp ollama vllm transformers' -- "$word")
      return
      ;;
    --attention)
      mapfile -t COMPREPLY < <(compgen -W 'flash eager' -- "$word")
      return
      ;;
    --headroom)
      mapfile -t COMPREPLY < <(compgen -W "$(_spillway_tenants)" -- "$word")
      return
      ;;
    --root)
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return
      ;;
    --interval | --within | --count | --ram | --vram | --bytes | --name | --priority) return ;;
  esac

  local options=$general
  case $verb in
    '') options="$verbs $general" ;;
    status) options+=' --verbose --json' ;;
    ps) options+=' --all --json' ;;
    watch) options+=' --interval --count --csv --json' ;;
    offload | restore) options+=" --dry-run --within --json $(_spillway_tenants)" ;;
    free) options+=' --ram --vram --pool --bytes --dry-run --within --json' ;;
    pin | unpin) options+=" $(_spillway_tenants)" ;;
    why) options+=" --journal --json $(_spillway_tenants)" ;;
    explain)
      options+=' --boot --last --html --json'
      [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    doctor) options+=' --json' ;;
    check)
      options+=' --fix --json'
      [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    who) options+=' --vram --ram --swap --all --json' ;;
    report)
      options+=' --since --journal --html --target-vram --target-ram --target-swap --target-uptime'
      options+=' --target-between-failures --target-errors --json'
      ;;
    gateway) options+=' --listen --upstream --window --reserve' ;;
    replay)
      options+=' --json'
      [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    config)
      options+=' show check default --user --system --json'
      [[ $previous == check && $word != -* ]] && mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    context)
      options+=' trim replay --budget --policy --count --model --vram --threshold --attention --svg --json'
      [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -f -W 'trim replay' -- "$word")
      ;;
    plan)
      options+=' --gpu --vram --ram --reserve --threshold --backend --context --slots --cache-type'
      options+=' --attention --precision --logits --batch --micro-batch --gpu-layers'
      options+=' --audio-seconds --images --llama-cpp-build --gpu-memory-utilization --params --dtype'
      options+=' --calibrate --no-corrections --explain --svg --print-flags --headroom --suggest'
      options+=' --max-latency --min-accuracy --offline --json'
      [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
      ;;
    tune)
      options+=' recommend apply confirm rollback status verify drain-swap drop-caches --root --target-ram --target-vram --target-swap'
      options+=' --target-available --unit --only --skip --dry-run --confirm-within --all --for --journal --app'
      options+=' --used-ram --used-vram --margin --within --json'
      ;;
    demo) options+=' --scale --record --json' ;;
    run)
      options+=' --name --priority --status-file --verbose --fit --gpu --reserve --threshold --context --slots'
      options+=' --cache-type --attention --gpu-layers'
      [[ $word == -* ]] || mapfile -t COMPREPLY < <(compgen -c -- "$word")
      ;;
  esac
  if ((${#COMPREPLY[@]} == 0)); then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  fi
}

complete -F _spillway spillway
