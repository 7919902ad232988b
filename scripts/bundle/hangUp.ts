/**
 * Has the first process of a container read its files again, to be run in it: a signal by `docker kill` would end the
 * container's restart policy, whatever the signal is (moby `killWithSignal`, HasBeenManuallyStopped).
 */
export const HANG_UP: readonly string[] = ['sh', '-c', 'kill -HUP 1'];
