// May also stand in the page itself, where the policy allows the hash of this line.
window.rivulet = window.rivulet || []
