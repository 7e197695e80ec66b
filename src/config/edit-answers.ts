/** A standing answer in the text of the rules file. */
import { findNodeAtLocation, getNodeValue, parseTree } from 'jsonc-parser';
import type { StandingAnswer } from '../policy/rules-data.ts';
import { editList } from './edit-list.ts';
import { insertMember } from './insert-member.ts';

/** @param text of a valid rules file. @returns the text with one more answer */
export function addAnswer(text: string, agent: string, server: string, answer: StandingAnswer): string {
  const path = ['agents', agent, 'approved'];
  const root = parseTree(text, [], { allowTrailingComma: true });
  const list = root && findNodeAtLocation(root, [...path, server]);
  if (list === undefined) return insertMember(text, path, server, [answer]);
  return editList(text, [...path, server], [...(getNodeValue(list) as StandingAnswer[]), answer]);
}
