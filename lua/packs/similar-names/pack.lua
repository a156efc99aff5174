pack { id = "similar-names", version = "1.0.0", api = 1, license = "MIT",
  summary = "finds names that pretend to be somebody: staff, or a trusted member",
  settings = {
    staff = { type = "words", default = { "admin*", "moderator*", "mod", "support", "staff", "official" }, help = "words for roles of yours" },
    people = { type = "words", default = {}, help = "names of moderators, whom no rule sees" },
    remember = { type = "duration", default = "7d", help = "how long a trusted member's name is kept" } } }

local staff, people = list "staff", list "people"

-- Of a name as people read it: case, look-alikes and what parts words are gone.
local function shape(name)
  return (text.skeleton(name):gsub(" ", ""))
end

rule "remember" { on = "message",
  when = function(m)
    if m.user.trust >= 2 and kv.get("seen " .. m.user.name) == nil then
      kv.set("seen " .. m.user.name, true, "1h")
      kv.set("shape " .. shape(m.user.name), m.user.name, settings.remember)
    end
  end,
  act = "flag" }

rule "pretends-to-be-staff" { on = { "join", "nick" }, exempt = { "trusted", "bots" },
  when = function(m)
    local name = m.on == "nick" and m.text or m.user.name
    local word = staff:find(name) or people:find(name)
    return word and { name = name, like = word }
  end,
  act = { "flag", reason = "pretends_to_be_staff" } }

rule "pretends-to-be-somebody" { on = { "join", "nick" }, exempt = { "trusted", "bots" },
  when = function(m)
    local name = m.on == "nick" and m.text or m.user.name
    local other = kv.get("shape " .. shape(name))
    if other and other ~= name then return { name = name, like = other } end
  end,
  act = { "flag", reason = "pretends_to_be_somebody" } }

test "staff" {
  { settings = { people = { "annabelle" } } },
  { from = "bob", join = "lobby", expect = "allow" }, { from = "Adm1n_Team", join = "lobby", expect = "flag" },
  { from = "аdmin", join = "lobby", expect = "flag" }, { from = "modern_art", join = "lobby", expect = "allow" },
  { from = "bob", nick = "Anna_belle", expect = "allow" }, { from = "bob", nick = "AnnabeIle", expect = "flag" } }

test "a trusted member" {
  { from = "rosalind", trust = "trusted", say = "hello", expect = "allow" },
  { from = "rosallnd", join = "lobby", expect = "flag", rule = "pretends-to-be-somebody" },
  { from = "rosalind", join = "lobby", expect = "allow" }, { from = "rosamund", join = "lobby", expect = "allow" },
  { wait = "8d" }, { from = "r0salind", join = "lobby", expect = "allow" } }
