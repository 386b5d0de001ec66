// Where this shop's events go. The demo serves this file with the address of the intake that it has started.
export const intake = 'http://127.0.0.1:8192'
