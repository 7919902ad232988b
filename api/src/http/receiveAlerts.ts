import { AlertNotification } from '@origin-stack/contract/alerts';
import type { RequestHandler } from 'express';
import type { ApiDeps } from '../wire.ts';
import { readBody } from './readBody.ts';
import { validate } from './validate.ts';

type Alert = AlertNotification['alerts'][number];

/**
 * Writes what Alertmanager notifies of to the log and counts it: an alert is seen where logs are collected also when no
 * other receiver is set up. Critical ones are errors while they fire: a person must act now.
 */
export function receiveAlerts({ log, metrics }: Pick<ApiDeps, 'log' | 'metrics'>): RequestHandler {
  return async (request, response) => {
    const { alerts } = validate(AlertNotification, await readBody(request, response));
    for (const alert of alerts) {
      const { status, labels, annotations, startsAt: since } = alert;
      const alertname = labels.alertname ?? 'unnamed';
      metrics.count('alerts_received_total', { alertname, status });
      log[levelOf(alert)]({ alert: { status, since, labels, annotations } }, `alert ${status}: ${alertname}`);
    }
    response.status(204).end();
  };
}

function levelOf({ status, labels }: Alert): 'error' | 'warn' | 'info' {
  if (status === 'resolved') return 'info';
  return labels.severity === 'critical' ? 'error' : 'warn';
}
