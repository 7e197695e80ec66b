class AgentMcpGateway < Formula
  desc "MCP server in front of all your MCP servers, with rules per agent"
  homepage "https://www.npmjs.com/package/agent-mcp-gateway"
  url "https://registry.npmjs.org/agent-mcp-gateway/-/agent-mcp-gateway-0.3.0.tgz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"

  depends_on "node"

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink libexec.glob("bin/*")
    man1.install_symlink libexec/"lib/node_modules/agent-mcp-gateway/packaging/man/agent-mcp-gateway.1"
    generate_completions_from_executable(bin/"agent-mcp-gateway", "completion", shells: [:bash, :zsh, :fish])
  end

  service do
    run [opt_bin/"agent-mcp-gateway", "serve", "--transport", "http"]
    keep_alive successful_exit: false
    log_path var/"log/agent-mcp-gateway.log"
    error_log_path var/"log/agent-mcp-gateway.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/agent-mcp-gateway --version")
    assert_match "DENIED_BY_POLICY", shell_output("#{bin}/agent-mcp-gateway demo --json")
  end
end
