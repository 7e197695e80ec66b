/** Parameters that ask a model for what it knows, and not for what the tool needs. */
import type { Imitation } from './imitated-names.ts';

/** Names for what is in the head of a model, without separators. */
const OF_THE_MODEL: ReadonlyMap<string, number> = new Map(
  Object.entries({
    systemprompt: 1,
    systemmessage: 1,
    systeminstructions: 1,
    conversationhistory: 1,
    chathistory: 1,
    fullconversation: 2,
    conversationcontext: 1,
    previousmessages: 1,
    messagehistory: 1,
    chainofthought: 2,
    modelreasoning: 1,
    internalthoughts: 1,
    toolslist: 1,
    availabletools: 1,
    toollist: 1,
    toolcallhistory: 2,
    modelname: 1,
    userprompt: 1,
    originalprompt: 1,
    originaluserprompt: 1,
    environmentvariables: 1,
    envvars: 1,
    allcredentials: 3,
    userpassword: 1,
    sshkey: 1,
    sshprivatekey: 2,
    privatekeycontents: 3,
    fullcontext: 1,
    entirecontext: 2,
    conversationtranscript: 1,
    systempromptcontents: 3,
    allsecrets: 1,
    memorydump: 2,
    otherservertools: 3,
  }),
);

const SECRET_FILE =
  /(?:id_?rsa|id_?ed25519|etc_?passwd|etc_?shadow|dot_?env|env_?file|ssh_?(?:private_?)?key|aws_?credentials|mcp_?json|known_?hosts|kube_?config|wallet_?dat|browser_?cookies|keychain)/i;
const CONTENTS = /contents?|from_?reading|dump|read_?from|data_?of|text_?of/i;

/** The thing that the name of a parameter asks for. @returns undefined where it is a name like any other */
export function collectingName(name: string): Imitation | undefined {
  const plain = name.toLowerCase().replace(/[^a-z\d]/g, '');
  if (SECRET_FILE.test(name) && CONTENTS.test(name))
    return { weight: 3, says: 'The name of the parameter asks for the contents of a file with secrets.' };
  const weight = OF_THE_MODEL.get(plain);
  return weight === undefined
    ? undefined
    : { weight, says: 'The name of the parameter asks for what the model was told.' };
}

/** Words with which the description of such a parameter speaks of the model itself. */
export const OF_THE_CALLER =
  /\byour (?:own |full |complete |entire |current )*(?:system|developer|initial|instructions|reasoning|thoughts|conversation|context|chat|prompt|tools|model|memory)|\b(?:full|entire|complete|whole|all|exact|verbatim|raw) (?:of the |of your |the )?(?:system prompt|conversation|chat|message|prior|previous|context|transcript|user)|\b(?:every|all) (?:previous |prior )?messages?\b|\bverbatim\b/i;
