/**
 * A provider's error code as the hub keeps it: one to three words of the characters that codes are made of, a part of what
 * RFC 6749 §5.2 and §4.1.2.1 allow, at most 64. Longer text is a description.
 */
export const errorCodePattern = /^(?=.{1,64}$)[\w.:/-]+(?: [\w.:/-]+){0,2}$/;
