# fish completion for spillway(1)

function __spillway_tenants
    spillway ps --no-color 2>/dev/null | awk 'NR > 1 { print $1 }'
end

set -l verbs status ps watch offload restore free pin unpin why replay config run demo version

complete -c spillway -f
complete -c spillway -s h -l help -d 'Show help'
complete -c spillway -l version -d 'Print the version'
complete -c spillway -l socket -r -F -d 'The socket of the daemon'
complete -c spillway -l no-color -d 'No colors'

for verb in $verbs
    complete -c spillway -n "not __fish_seen_subcommand_from $verbs" -a $verb
end

complete -c spillway -n '__fish_seen_subcommand_from status ps watch offload restore free why replay config demo' \
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
complete -c spillway -n '__fish_seen_subcommand_from replay' -F
complete -c spillway -n '__fish_seen_subcommand_from config' -a 'show check default'
complete -c spillway -n '__fish_seen_subcommand_from config' -l user -d 'As the daemon of a user'
complete -c spillway -n '__fish_seen_subcommand_from config' -l system -d 'As the daemon of the system'
complete -c spillway -n '__fish_seen_subcommand_from check' -F
complete -c spillway -n '__fish_seen_subcommand_from demo' -l scale -x -d 'Smaller: 0.1 to 1'
complete -c spillway -n '__fish_seen_subcommand_from demo' -l record -r -F -d 'Write a journal of it'
complete -c spillway -n '__fish_seen_subcommand_from run' -l name -x -d 'Name of the tenant'
complete -c spillway -n '__fish_seen_subcommand_from run' -l priority -x -d 'Higher keeps its memory longer'
complete -c spillway -n '__fish_seen_subcommand_from run' -l status-file -r -F -d 'Where to write how it went'
complete -c spillway -n '__fish_seen_subcommand_from run' -a '(__fish_complete_command)'
