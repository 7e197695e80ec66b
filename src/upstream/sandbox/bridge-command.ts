/** The command that starts the bridge of a sandbox with named hosts, so that the server need not wait for a second Node.js. Pure. */

/**
 * For perl, which starts in a few milliseconds: listens, goes on as the server, and leaves behind what becomes the bridge with the first
 * connection. Numbers stand where modules would have to be loaded: AF_INET, SOCK_STREAM. Arguments: the port, how many words the
 * command of the bridge has, these, and the server.
 */
const OPEN = `
my ($port, $words) = splice @ARGV, 0, 2;
my @bridge = splice @ARGV, 0, $words;
sub fail { print STDERR "The way to the hosts of this sandbox cannot be opened: $!\\n"; exit 1 }
$^F = 9;
my $door;
socket($door, 2, 1, 0) && bind($door, pack('S n C4 x8', 2, $port, 127, 0, 0, 1)) && listen($door, 128) or fail;
my $child = fork // fail;
if ($child == 0) {
  exit if fork // fail;
  $SIG{$_} = 'IGNORE' for qw(INT TERM HUP QUIT);
  open STDIN, '<', '/dev/null';
  open STDOUT, '>', '/dev/null';
  my $asked = '';
  vec($asked, fileno $door, 1) = 1;
  select $asked, undef, undef, undef;
  exec @bridge, fileno $door or fail;
}
waitpid $child, 0;
close $door;
exec { $ARGV[0] } @ARGV or do { print STDERR "$ARGV[0]: $!\\n"; exit 127 };
`;

interface BridgeStart {
  /** The path of perl inside; undefined where it is not installed: the bridge itself starts the server then. */
  readonly perl: string | undefined;
  /** Node.js, its flags, the program of the bridge and the socket of the proxy. */
  readonly bridge: readonly string[];
  /** The port of the loopback address on which it listens. */
  readonly port: number;
}

/** The words before the command of the server. */
export function bridgeCommand({ perl, bridge, port }: BridgeStart): readonly string[] {
  if (perl === undefined) return [...bridge, String(port)];
  return [perl, '-e', OPEN, String(port), String(bridge.length), ...bridge];
}
