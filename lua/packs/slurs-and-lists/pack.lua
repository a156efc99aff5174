pack { id = "slurs-and-lists", version = "1.0.0", api = 1, license = "MIT",
  summary = "your own lists of words, links and patterns; they come empty",
  settings = {
    remove = { type = "words", default = {}, help = "messages with one of these go away" },
    review = { type = "words", default = {}, help = "… wait for a moderator" },
    domains = { type = "domains", default = {}, help = "links to these go away" },
    patterns = { type = "patterns", default = {}, help = "regular expressions; a message that matches waits for a moderator" },
    names = { type = "words", default = {}, help = "names that nobody may have" } } }

local remove, review, domains, patterns, names = list "remove", list "review", list "domains", list "patterns", list "names"

rule "unwanted-word" { on = { "message", "edit" },
  when = function(m)
    local word = remove:find(m.text)
    return word and { word = word }
  end,
  act = { "redact", reason = "unwanted_word" } }

rule "word-to-review" { on = { "message", "edit" }, exempt = "trusted",
  when = function(m)
    local word = review:find(m.text)
    return word and { word = word }
  end,
  act = { "hold", reason = "word_to_review" } }

rule "unwanted-link" { on = { "message", "edit" },
  when = function(m)
    if #domains == 0 then return end
    for _, link in ipairs(m.links) do
      if domains:has(link.host) then return { host = link.host } end
    end
  end,
  act = { "redact", reason = "unwanted_link" } }

rule "pattern" { on = { "message", "edit" }, exempt = "trusted",
  when = function(m)
    local pattern = patterns:find(m.text)
    return pattern and { pattern = pattern }
  end,
  act = { "hold", reason = "pattern" } }

rule "unwanted-name" { on = { "join", "nick" },
  when = function(m)
    local word = names:find(m.user.name) or (m.on == "nick" and names:find(m.text))
    return word and { word = word }
  end,
  act = { "flag", reason = "unwanted_name" } }
