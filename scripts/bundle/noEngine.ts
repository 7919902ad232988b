/** Why no engine answers, by what `docker version` said, and what to type. */
export const whyNoEngine = (said: string): { what: string; next: string } =>
  /permission denied/i.test(said)
    ? {
        what: 'this user may not speak to the engine',
        next: 'sudo usermod -aG docker "$USER", then log in anew',
      }
    : { what: 'no Docker engine answers', next: './stack engine --yes' };
