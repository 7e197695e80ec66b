/** Decisions about what is named by a URI: other spellings of it, and the skills that it may be a part of. */
import type { AgentPolicy, Verdict } from './compile-agent.ts';
import { verdictFor } from './decide.ts';
import { isNamedAsSkill, isTooDeep, skillsAround } from './skill-uris.ts';
import { otherFormsOf } from './uri-forms.ts';

/**
 * A server may take another spelling for the same thing: what is denied, or asked about, under one of them is under all. A skill is read as
 * resources: it needs what its SKILL.md needs, and its files need what the skill needs.
 * @param verdict about the URI as it is spelled, which allows it or asks
 */
export function verdictForUri(
  agent: AgentPolicy,
  server: string,
  uri: string,
  kind: 'resource' | 'skill',
  verdict: Verdict,
): Verdict {
  const spelled = stricter(verdict, ruleOverForms(agent, server, uri, kind));
  if (!spelled.decision.allowed) return spelled;
  if (kind === 'resource') return stricter(spelled, verdictOfSkills(agent, server, uri));
  const read = verdictFor(agent, server, uri, 'resource', {}, undefined);
  return stricter(spelled, read.decision.allowed ? verdictForUri(agent, server, uri, 'resource', read) : read);
}

function ruleOverForms(
  { offers }: AgentPolicy,
  server: string,
  uri: string,
  kind: 'resource' | 'skill',
): Verdict | undefined {
  const { denied, asked } = offers[kind];
  if (denied.isEmpty && asked.isEmpty) return undefined;
  const forms = otherFormsOf(uri);
  for (const rules of [denied, asked]) {
    for (const form of forms) {
      const rule = rules.find(server, form);
      if (rule !== undefined) return { decision: rule.decision, about: kind, rule };
    }
  }
  return undefined;
}

/** The decision about the skills to which a resource may belong; undefined where no rule over skills speaks of it. */
function verdictOfSkills(agent: AgentPolicy, server: string, uri: string): Verdict | undefined {
  const { denied, asked, allowed, refused } = agent.offers.skill;
  const isLimited = allowed.literalKeys.has(server) || allowed.patternKeys.find(server) !== undefined;
  if (denied.isEmpty && asked.isEmpty && !isLimited) return undefined;
  const forms = [uri, ...otherFormsOf(uri)];
  if (forms.some(isTooDeep)) return refused;
  const skills = [...new Set(forms.flatMap(skillsAround))];
  for (const rules of [denied, asked]) {
    for (const skill of skills) {
      const rule = rules.find(server, skill);
      if (rule !== undefined) return { decision: rule.decision, about: 'skill', rule };
    }
  }
  if (!isLimited || !forms.some(isNamedAsSkill)) return undefined;
  const isAllowed = skillsAround(uri).some(
    (skill) => verdictFor(agent, server, skill, 'skill', {}, undefined).decision.allowed,
  );
  return isAllowed ? undefined : refused;
}

function stricter(one: Verdict, other: Verdict | undefined): Verdict {
  if (other === undefined || !one.decision.allowed) return one;
  const isStricter = !other.decision.allowed || (other.decision.effect === 'ask' && one.decision.effect === 'allow');
  return isStricter ? other : one;
}
