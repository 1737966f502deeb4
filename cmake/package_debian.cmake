# What Debian's policy asks of a package beside the installed files: copyright, changelog, compressed man pages, zsh's scripts
# in the distribution's place, and a reason for what lintian would complain of. Run by cpack over what is about to be packed.
set(source ${CMAKE_CURRENT_LIST_DIR}/..)

function(compress file)
  execute_process(COMMAND gzip -9nf ${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# LICENSE in the machine-readable form: indented, its empty lines as dots.
file(READ ${source}/LICENSE license)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]+)" found "${license}")
set(holders "${CMAKE_MATCH_1}")
string(REGEX REPLACE "^.*\nCopyright [^\n]*\n\n" "" license "${license}")
string(STRIP "${license}" license)
string(REPLACE "\n\n" "\n.\n" license "${license}")
string(REPLACE "\n" "\n " license "${license}")

string(TIMESTAMP now "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH's, if that is set
foreach(component Program Library Development)
  string(TOUPPER ${component} upper)
  set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
  set(usr ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr)
  set(doc ${usr}/share/doc/${package})
  file(WRITE ${doc}/copyright
       "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: halfopen\n\n"
       "Files: *\nCopyright: ${holders}\nLicense: Expat\n\nLicense: Expat\n ${license}\n")
  file(WRITE ${doc}/changelog
       "halfopen (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium\n\n"
       "  * Built from the source tree, whose CHANGELOG.md says what is new.\n\n"
       " -- ${CPACK_DEBIAN_PACKAGE_MAINTAINER}  ${now}\n")
  compress(${doc}/changelog)
endforeach()

set(usr ${CPACK_TEMPORARY_DIRECTORY}/Program/usr)
file(GLOB pages ${usr}/share/man/man*/*)
foreach(page ${pages})
  compress(${page})
endforeach()
file(RENAME ${usr}/share/zsh/site-functions ${usr}/share/zsh/vendor-completions)
file(WRITE ${usr}/share/lintian/overrides/halfopen
     "# The first process of a guest, where there is nothing that it could be linked with.\n"
     "halfopen: statically-linked-binary [usr/libexec/halfopen/guest-init]\n")
