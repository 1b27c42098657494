// Shared by the examples: a small model in this package, which recognizes the language of a text.
import { fileURLToPath } from 'node:url'

export const model = fileURLToPath(new URL('models/language.onnx', import.meta.url))
export const MAX_TOKENS = 128
export const LANGUAGES = [
  ...['cs', 'da', 'de', 'en', 'es', 'fi', 'fr', 'hu'],
  ...['it', 'nl', 'pl', 'pt', 'ru', 'sv', 'tr', 'uk'],
]

/** The first sentence of the Universal Declaration of Human Rights, and what a traveler asks. */
export const texts = [
  'All human beings are born free and equal in dignity and rights.',
  'Alle Menschen sind frei und gleich an Würde und Rechten geboren.',
  'Tous les êtres humains naissent libres et égaux en dignité et en droits.',
  'Dove si trova la stazione, per favore?',
  'Onde fica a estação de comboios?',
  'Missä on rautatieasema?',
  'Gdzie jest dworzec kolejowy?',
  'Где находится вокзал?',
]

/** The model's tokens are the bytes of the text. */
export function tokens(text) {
  return BigInt64Array.from(Buffer.from(text.toLowerCase()), BigInt)
}

/** The language with the largest logit. */
export function detectLanguage(logits) {
  return LANGUAGES[logits.indexOf(Math.max(...logits))]
}
