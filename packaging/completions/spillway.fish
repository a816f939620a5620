# fish completion for spillway(1)

function __spillway_tenants
    spillway ps --no-color 2>/dev/null | awk 'NR > 1 { print $1 }'
end

set -l verbs status ps watch offload restore free pin unpin why explain replay config plan run demo version

complete -c spillway -f
complete -c spillway -s h -l help -d 'Show help'
complete -c spillway -l version -d 'Print the version'
complete -c spillway -l socket -r -F -d 'The socket of the daemon'
complete -c spillway -l no-color -d 'No colors'

for verb in $verbs
    complete -c spillway -n "not __fish_seen_subcommand_from $verbs" -a $verb
end

complete -c spillway -n '__fish_seen_subcommand_from status ps watch offload restore free why explain replay config plan demo' \
    -l json -d 'Print JSON'
complete -c spillway -n '__fish_seen_subcommand_from status run' -s v -l verbose -d 'Say more'
complete -c spillway -n '__fish_seen_subcommand_from ps' -s a -l all -d 'Also other processes'
complete -c spillway -n '__fish_seen_subcommand_from watch' -l interval -x -d 'Time between lines'
complete -c spillway -n '__fish_seen_subcommand_from watch' -l count -x -d 'Stop after so many lines'
complete -c spillway -n '__fish_seen_subcommand_from watch' -l csv -d 'Print CSV'
complete -c spillway -n '__fish_seen_subcommand_from offload restore free' -l within -x -d 'Give up after'
complete -c spillway -n '__fish_seen_subcommand_from free' -l ram -x -d 'So much RAM'
complete -c spillway -n '__fish_seen_subcommand_from free' -l vram -x -d 'So much VRAM'
complete -c spillway -n '__fish_seen_subcommand_from free' -l pool -x -a 'ram swap vram' -d 'Of this pool'
complete -c spillway -n '__fish_seen_subcommand_from free' -l bytes -x -d 'So much of the pool'
complete -c spillway -n '__fish_seen_subcommand_from offload restore free' -s n -l dry-run -d 'Only show'
complete -c spillway -n '__fish_seen_subcommand_from offload restore pin unpin why' -a '(__spillway_tenants)'
complete -c spillway -n '__fish_seen_subcommand_from why' -l journal -r -F -d 'Read this journal'
complete -c spillway -n '__fish_seen_subcommand_from explain' -F
complete -c spillway -n '__fish_seen_subcommand_from explain' -l boot -d 'The log of this boot'
complete -c spillway -n '__fish_seen_subcommand_from explain' -l last -d 'The latest event'
complete -c spillway -n '__fish_seen_subcommand_from explain' -l html -r -F -d 'Write a page'
complete -c spillway -n '__fish_seen_subcommand_from replay' -F
complete -c spillway -n '__fish_seen_subcommand_from config' -a 'show check default'
complete -c spillway -n '__fish_seen_subcommand_from config' -l user -d 'As the daemon of a user'
complete -c spillway -n '__fish_seen_subcommand_from config' -l system -d 'As the daemon of the system'
complete -c spillway -n '__fish_seen_subcommand_from check' -F
complete -c spillway -n '__fish_seen_subcommand_from demo' -l scale -x -d 'Smaller: 0.1 to 1'
complete -c spillway -n '__fish_seen_subcommand_from demo' -l record -r -F -d 'Write a journal of it'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l gpu -x -d 'Use this GPU'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l vram -x -d 'Plan for so much'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l ram -x -d 'Plan for so much'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l reserve -x -d 'Keep so much free'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l threshold -x -d 'Safe below this share'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l backend -x -a 'llama.cpp transformers onnxruntime vllm' -d 'What runs the models'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l context -x -d 'Tokens of one sequence'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l slots -x -d 'Sequences kept'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l cache-type -x -d 'Of the KV cache'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l attention -x -a 'flash eager' -d 'Kind of attention'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l precision -x -d 'Weights converted when loaded'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l logits -x -a 'last all' -d 'Of which positions'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l batch -x -d 'Sequences computed at once'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l micro-batch -x -d 'Tokens computed at once'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l gpu-layers -x -d 'Layers on the GPU'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l audio-seconds -x -d 'Longest input'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l images -x -d 'Images in one prompt'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l llama-cpp-build -x -d 'Build number'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l gpu-memory-utilization -x -d 'Share that vLLM takes'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l params -x -d 'So many parameters'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l dtype -x -d 'Of these parameters'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l calibrate -d 'Learn from a run, its command after --'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l no-corrections -d 'Nothing learned'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l explain -d 'The sum, line by line'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l svg -r -F -d 'Draw it'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l print-flags -x -a 'llama.cpp ollama vllm transformers' -d 'Flags of a runtime'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l headroom -x -a '(__spillway_tenants)' -d 'How far it may grow'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l suggest -x -d 'The best stack of these kinds'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l max-latency -x -d 'Of what is suggested'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l min-accuracy -x -d 'Of what is suggested'
complete -c spillway -n '__fish_seen_subcommand_from plan' -l offline -d 'Nothing that needs a network'
complete -c spillway -n '__fish_seen_subcommand_from plan' -F
complete -c spillway -n '__fish_seen_subcommand_from run' -l name -x -d 'Name of the tenant'
complete -c spillway -n '__fish_seen_subcommand_from run' -l priority -x -d 'Higher keeps its memory longer'
complete -c spillway -n '__fish_seen_subcommand_from run' -l fit -r -F -d 'Tell it how to run this model'
complete -c spillway -n '__fish_seen_subcommand_from run' -l context -x -d 'With --fit: tokens'
complete -c spillway -n '__fish_seen_subcommand_from run' -l status-file -r -F -d 'Where to write how it went'
complete -c spillway -n '__fish_seen_subcommand_from run' -a '(__fish_complete_command)'
