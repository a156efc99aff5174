local pasta = "Join the biggest giveaway of the year, everybody gets a free skin today, hurry up before it is over"

test "the third of a raid is stopped, and all that follow" {
  { from = "raider{n}", say = pasta, times = 2, every = "200ms", expect = "allow" },
  { from = "raider{n}x", say = pasta, times = 48, every = "200ms", expect = { "redact", "timeout" }, rule = "same-text" } }

test "swapped words, other letters and look-alikes are still the same text" {
  { from = "a", say = pasta, expect = "allow" },
  { from = "b", say = "everybody gets a free skin today, Join the biggest giveaway of the year, hurry up before it is over!!", expect = "allow" },
  { from = "c", say = "J0in the b1gg3st giveaway 0f the year, everyb0dy gets a fr33 sk1n t0day, hurry up bef0re it is 0ver", expect = "redact" },
  { from = "d", say = "Jоin thе biggеst givеаwаy оf thе yеаr, еvеrybоdy gеts а frее skin tоdаy, hurry up", expect = "redact" },
  { from = "e", say = "JOIN THE BIGGEST GIVEAWAY OF THE YEAR lol, everybody gets a free skin today hurry up before its over", expect = "redact" } }

test "people who answer each other are no raid" {
  { from = "a", say = "has anybody tried the new release on a machine with little memory?", expect = "allow" },
  { from = "b", say = "the new release runs fine on my machine, what do you see?", expect = "allow" },
  { from = "c", say = "mine has little memory and I have not tried the new release yet", expect = "allow" },
  { from = "fan{n}", say = "good morning", times = 20, expect = "allow" } }

test "what is long ago does not count" {
  { from = "a", say = pasta, expect = "allow" }, { wait = "3m" },
  { from = "b", say = pasta, expect = "allow" }, { wait = "3m" },
  { from = "c", say = pasta, expect = "allow" } }

test "one person who repeats himself loses the text, not the right to speak" {
  { from = "eve", say = pasta, times = 4, expect = "allow" },
  { from = "eve", say = pasta, expect = "redact", rule = "same-text" } }
