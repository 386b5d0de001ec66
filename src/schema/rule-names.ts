/** The names that `off` in rivulet-schemas.yaml may have, whichever command keeps the rule. */
export const RULE_NAMES: readonly string[] = ['compatible', 'published']
