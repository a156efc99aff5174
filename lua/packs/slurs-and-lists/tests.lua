local lists = { settings = { remove = { "frobnicat*", "evil phrase" }, review = { "gadzooks" }, domains = { "bad.example" },
  patterns = { "free\\s+money", "\\bcall\\s+\\+?\\d{6,}" }, names = { "*frob*" } } }

test "empty lists do nothing" {
  { from = "eve", say = "frobnicate the evil phrase at https://bad.example", expect = "allow" } }

test "a word is found in every disguise" {
  lists,
  { from = "eve", say = "a nice day", expect = "allow" },
  { from = "eve", say = "Frobnicate!", expect = "redact" }, { from = "eve", say = "fr0bn1c4ting", expect = "redact" },
  { from = "eve", say = "f r o b n i c a t e", expect = "redact" }, { from = "eve", say = "f.r.o.b.n.i.c.a.t.e", expect = "redact" },
  { from = "eve", say = "frobbbbbniiiiicate", expect = "redact" }, { from = "eve", say = "frоbniсаtе", expect = "redact" },
  { from = "eve", say = "f​r​obnicate", expect = "redact" }, { from = "eve", say = "𝓯𝓻𝓸𝓫𝓷𝓲𝓬𝓪𝓽𝓮", expect = "redact" },
  { from = "eve", say = "an  EVIL, phrase", expect = "redact" },
  { from = "eve", say = "gadzooks", expect = "hold", rule = "word-to-review" } }

test "a word inside of another is not the word" {
  lists,
  { from = "eve", say = "unfrobnicated gadzookses", expect = "allow" } }

test "links and patterns" {
  lists,
  { from = "eve", say = "see www.bad.example/x", expect = "redact", rule = "unwanted-link" },
  { from = "eve", say = "see https://notbad.example/x", expect = "allow" },
  { from = "eve", say = "get FREE  money", expect = "hold", rule = "pattern" },
  { from = "eve", say = "call +1234567", expect = "hold" }, { from = "eve", say = "call me", expect = "allow" } }

test "names" {
  lists,
  { from = "xfr0bx", join = "lobby", expect = "flag" }, { from = "bob", join = "lobby", expect = "allow" },
  { from = "bob", nick = "big_frob", expect = "flag" } }
