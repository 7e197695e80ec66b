/** Words of the gateway itself, which no secret of anybody ever replaces in what it writes. */
import { isErrorCode } from '../shared/errors.ts';

const WORDS = new Set(
  (
    'timestamp agent_id agent agents operation server servers tool tools decision latency_ms request_id rule error_code principal ' +
    'principals claimed_agent assurance phase detail writer seq prev hash torn decided finished allow deny error ALLOW DENY ERROR ' +
    'level time msg err debug info warn message type code cause stack worker reason args args_bytes count first last implicit_grant ' +
    'default_deny defaults default limits list_servers get_server_tools search_tools execute_tool execute_read execute_write execute_destructive read_result get_gateway_status ' +
    'initialize ping tools/list tools/call prompts/list prompts/get resources/list resources/templates/list resources/read ' +
    'resources/subscribe resources/unsubscribe resources/directory/read skills/list skills/get completion/complete logging/setLevel server/discover subscriptions/listen ' +
    'tasks/get tasks/list tasks/cancel tasks/result tasks/update definitions_changed definitions_accepted stdio http local'
  ).split(' '),
);

/** True if a word is a key, a code, an operation or another word of the records. */
export function isOwnWord(word: string): boolean {
  return WORDS.has(word) || isErrorCode(word);
}
