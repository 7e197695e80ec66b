/** The formula of Homebrew. */
import { HOMEPAGE, LICENSE, NAME, SHORT, TARBALL_URL } from './names.mjs';

/** Where no package was built: an installation is refused. */
export const NO_HASH = '0'.repeat(64);

/** @param sha256 of the package, in hex */
export function formula(sha256) {
  const name = NAME.split('-')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('');
  return `class ${name} < Formula
  desc "${SHORT}"
  homepage "${HOMEPAGE}"
  url "${TARBALL_URL}"
  sha256 "${sha256}"
  license "${LICENSE}"

  depends_on "node"

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink libexec.glob("bin/*")
    man1.install_symlink libexec/"lib/node_modules/${NAME}/packaging/man/${NAME}.1"
    generate_completions_from_executable(bin/"${NAME}", "completion", shells: [:bash, :zsh, :fish])
  end

  service do
    run [opt_bin/"${NAME}", "serve", "--transport", "http"]
    keep_alive successful_exit: false
    log_path var/"log/${NAME}.log"
    error_log_path var/"log/${NAME}.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/${NAME} --version")
    assert_match "DENIED_BY_POLICY", shell_output("#{bin}/${NAME} demo --json")
  end
end
`;
}
