import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { CHECKOUT } from '../lib/checkout.ts';

/** Where Prometheus' configuration, rules and rule tests lie; the bundle mounts it as it is. */
export const PROMETHEUS_FOLDER = join(CHECKOUT, 'prometheus');
/** The same folder as the container sees it. */
export const MOUNTED_AT = '/etc/origin';

/** An alert as its rule file has it. */
export interface AlertRule {
  alert: string;
  expr: string;
  /** How long the expression must hold, as Prometheus writes it; undefined where it fires at once. */
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** Its rule file, below PROMETHEUS_FOLDER. */
  file: string;
}

interface RuleFile {
  groups: { rules: Omit<AlertRule, 'file'>[] }[];
}

/** The rule files that prometheus.yml names, below PROMETHEUS_FOLDER. */
export function ruleFiles(): string[] {
  const config = parse(readFileSync(join(PROMETHEUS_FOLDER, 'prometheus.yml'), 'utf8'), { merge: true });
  const patterns = (config.rule_files as string[]).map((path) => path.replace(`${MOUNTED_AT}/`, ''));
  return globSync(patterns, { cwd: PROMETHEUS_FOLDER }).sort();
}

/** Every alert, in the order of the files; one that lies in several files is there several times. */
export function alertRules(): AlertRule[] {
  return ruleFiles().flatMap((file) => {
    const { groups } = parse(readFileSync(join(PROMETHEUS_FOLDER, file), 'utf8')) as RuleFile;
    return groups.flatMap(({ rules }) => rules.map((rule) => ({ ...rule, file })));
  });
}

/** The alert that a runbook is for, by the runbook's path. */
export const alertOfRunbook = (path: string): string => basename(path, '.md');
