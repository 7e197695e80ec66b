/**
 * Makes samples for run.mjs of the texts by which gitleaks tests its rules (MIT): what each rule must find, and what it must not.
 * `node bench/redact/gitleaks.mjs FOLDER`, where `go` is installed: the module comes from the Go proxy. Nothing of it is kept here.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';

const MODULE = 'github.com/zricethezav/gitleaks/v8';
const VERSION = 'v8.30.1';

/** Takes the place of the function that checks a rule: it writes what the rule is checked with. */
const VALIDATE = `package utils

import (
	"encoding/json"
	"os"
	"strings"

	"${MODULE}/cmd/generate/config/base"
	"${MODULE}/config"
	"${MODULE}/detect"
)

func write(form string, text string, secret string) {
	line, _ := json.Marshal(map[string]string{"form": form, "text": text, "secret": secret})
	file, _ := os.OpenFile(os.Getenv("SAMPLES"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	file.Write(append(line, 10))
	file.Close()
}

func Validate(rule config.Rule, truePositives []string, falsePositives []string) *config.Rule {
	keywords := map[string]struct{}{}
	for at, keyword := range rule.Keywords {
		rule.Keywords[at] = strings.ToLower(keyword)
		keywords[rule.Keywords[at]] = struct{}{}
	}
	cfg := base.CreateGlobalConfig()
	cfg.Rules = map[string]config.Rule{rule.RuleID: rule}
	cfg.Keywords = keywords
	for _, allowlist := range cfg.Allowlists {
		allowlist.Validate()
	}
	detector := detect.NewDetector(cfg)
	for _, text := range truePositives {
		for _, finding := range detector.DetectString(text) {
			write(rule.RuleID, text, finding.Secret)
			break
		}
	}
	for _, text := range falsePositives {
		write(rule.RuleID, text, "")
	}
	return &rule
}

func ValidateWithPaths(rule config.Rule, truePositives map[string]string, falsePositives map[string]string) *config.Rule {
	return &rule
}
`;

const [to] = process.argv.slice(2);
if (to === undefined) throw new Error('Name a folder for the samples.');
mkdirSync(to, { recursive: true });
const samples = resolve(to, 'gitleaks.jsonl');
rmSync(samples, { force: true });
const work = mkdtempSync(join(tmpdir(), 'gitleaks-'));
const { Dir: module } = JSON.parse(go(['mod', 'download', '-json', `${MODULE}@${VERSION}`], work));
cpSync(module, join(work, 'm'), { recursive: true, mode: 0 });
spawnSync('chmod', ['-R', 'u+w', join(work, 'm')]);
writeFileSync(join(work, 'm/cmd/generate/config/utils/validate.go'), VALIDATE);
go(['run', '.', join(work, 'gitleaks.toml')], join(work, 'm/cmd/generate/config'));
rmSync(work, { recursive: true });

function go(args, cwd) {
  const { status, stdout, stderr } = spawnSync('go', args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '-mod=mod', SAMPLES: samples },
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`go ${args.join(' ')} failed:\n${stderr.slice(-2000)}`);
  return stdout;
}
