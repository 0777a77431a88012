package anchors

// SubjectHash is for tests that compare it with OpenSSL's.
var SubjectHash = subjectHash
