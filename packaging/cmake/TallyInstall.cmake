# Where the programs, man pages and completions go: the paths a Debian package needs.
get_property(tools GLOBAL PROPERTY tally_tools)
install(TARGETS ${tools} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
