/** Where a bundle keeps its settings and secrets; tests run a second one beside the operator's. */
export const bundleDirFlag = {
  type: 'string',
  placeholder: 'DIR',
  summary: "settings and secrets there, instead of in the checkout's compose/ and secrets/",
} as const;
