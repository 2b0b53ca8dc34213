/**
 * Bytes of a logo. In base64, with the other fields of its form, it fits into the 64 KiB that the door takes of a request and a
 * running process of a command.
 */
export const largestLogo = 44 * 1024;
