printf 'archspec: 1\nname: net\ndoc: after caf\351\n' | archspec check -
