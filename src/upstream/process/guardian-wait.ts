/** The guardian while it waits: a script of the shell. */

/** The shell that every system but Windows has; images without one start the program at once. */
export const SHELL = '/bin/sh';
/**
 * Reads what guardian-main.ts reads, until the gateway has ended, and hands on what counts by then. Where Node is gone as well, the
 * groups of processes get the signals, and containers are removed. A line that was not written to its end does not count.
 */
export const WAIT = `# Waits for the end of an agent-mcp-gateway, and ends the servers that it left.
trap '' HUP INT QUIT TERM
IFS= read -r id || exit 0
left=
while IFS= read -r line; do
  one=\${line#?}
  case $line in
  +0 | +1) ;;
  +*) left="$left $one " ;;
  -*) case $left in *" $one "*) left="\${left%%" $one "*} \${left#*" $one "}" ;; esac ;;
  esac
done
case $left in *[0-9]*) ;; *) exit 0 ;; esac
if [ -x "$1" ]; then
  { echo "$id"; for one in $left; do echo "+$one"; done; } | exec "$@"
else
  for one in $left; do case $one in amgp-*) ;; *) kill -TERM "-$one" ;; esac; done
  sleep 2
  for one in $left; do case $one in amgp-*) docker rm --force "$one" ;; *) kill -KILL "-$one" ;; esac; done
fi`;
