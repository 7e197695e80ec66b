import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The official Java SDK, as a program that does what it is told: see ../../../../../run-program.mjs. */
@SuppressWarnings("unchecked")
public class Main {
  static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  public static void main(String[] arguments) throws Exception {
    var json = McpJsonDefaults.getMapper();
    Map<String, Object> plan = json.readValue(arguments[0], Map.class);
    var input = new BufferedReader(new InputStreamReader(System.in));
    var client = McpClient.async(open(plan)).requestTimeout(Duration.ofMinutes(15)).build();
    client.initialize().block();
    for (var step : (List<Map<String, Object>>) plan.get("steps")) {
      if (Boolean.TRUE.equals(step.get("restart"))) {
        OUT.println("{\"restart\":true}");
        input.readLine();
      }
      var request = new CallToolRequest((String) step.get("tool"), (Map<String, Object>) step.get("args"));
      String text;
      try {
        var call = client.callTool(request);
        var limit = (Number) step.get("cancelMs");
        text = json.writeValueAsString((limit == null ? call : call.timeout(Duration.ofMillis(limit.longValue()))).block());
      } catch (Exception error) {
        text = String.valueOf(error);
      }
      OUT.println(json.writeValueAsString(Map.of("column", step.get("column"), "text", text)));
    }
    client.close();
    System.exit(0);
  }

  static McpClientTransport open(Map<String, Object> plan) {
    if (plan.get("url") instanceof String url) {
      var address = URI.create(url);
      return HttpClientStreamableHttpTransport.builder(address.resolve("/").toString())
          .endpoint(address.getPath())
          .requestBuilder(HttpRequest.newBuilder().header("Authorization", "Bearer " + plan.get("token")))
          .build();
    }
    var program =
        ServerParameters.builder((String) plan.get("command"))
            .args((List<String>) plan.get("args"))
            .env((Map<String, String>) plan.get("env"))
            .build();
    return new StdioClientTransport(program, McpJsonDefaults.getMapper());
  }
}
