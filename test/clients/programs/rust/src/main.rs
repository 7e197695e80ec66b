//! The official Rust SDK, as a program that does what it is told: see ../../../run-program.mjs.
use std::{collections::HashMap, io::BufRead, time::Duration};

use rmcp::{
    model::CallToolRequestParams,
    service::RunningService,
    transport::{
        streamable_http_client::StreamableHttpClientTransportConfig, StreamableHttpClientTransport,
        TokioChildProcess,
    },
    RoleClient, ServiceExt,
};
use serde::Deserialize;
use serde_json::{json, Map, Value};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    column: String,
    tool: String,
    args: Map<String, Value>,
    restart: Option<bool>,
    cancel_ms: Option<u64>,
}

#[derive(Deserialize)]
struct Plan {
    url: Option<String>,
    token: Option<String>,
    command: Option<String>,
    args: Option<Vec<String>>,
    env: Option<HashMap<String, String>>,
    steps: Vec<Step>,
}

type Client = RunningService<RoleClient, ()>;
type Failure = Box<dyn std::error::Error>;

async fn open(plan: &Plan) -> Result<Client, Failure> {
    if let Some(url) = &plan.url {
        let config = StreamableHttpClientTransportConfig::with_uri(url.clone())
            .auth_header(plan.token.clone().unwrap_or_default());
        return Ok(().serve(StreamableHttpClientTransport::from_config(config)).await?);
    }
    let mut command = tokio::process::Command::new(plan.command.clone().unwrap_or_default());
    command.args(plan.args.clone().unwrap_or_default());
    command.envs(plan.env.clone().unwrap_or_default());
    Ok(().serve(TokioChildProcess::new(command)?).await?)
}

async fn call(client: &Client, step: &Step) -> String {
    let params = CallToolRequestParams::new(step.tool.clone()).with_arguments(step.args.clone());
    let calling = client.call_tool(params);
    let result = match step.cancel_ms {
        None => calling.await,
        Some(ms) => match tokio::time::timeout(Duration::from_millis(ms), calling).await {
            Ok(result) => result,
            Err(_) => return "given up".to_string(),
        },
    };
    match result {
        Ok(result) => serde_json::to_string(&result).unwrap_or_default(),
        Err(error) => error.to_string(),
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let plan: Plan = serde_json::from_str(&std::env::args().nth(1).unwrap_or_default())?;
    let client = open(&plan).await?;
    let mut line = String::new();
    for step in &plan.steps {
        if step.restart == Some(true) {
            println!("{}", json!({ "restart": true }));
            std::io::stdin().lock().read_line(&mut line)?;
        }
        println!("{}", json!({ "column": step.column, "text": call(&client, step).await }));
    }
    client.cancel().await?;
    Ok(())
}
